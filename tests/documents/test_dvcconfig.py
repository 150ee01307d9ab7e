"""Which remote a configuration names, and what no committed file may say."""

from __future__ import annotations

import pytest
from configobj import ConfigObj
from hypothesis import given
from hypothesis import strategies as st

from mooring.documents.dvcconfig import (
    ConfigSource,
    RemoteConfig,
    config_folders,
    read_config,
    redacted,
)
from mooring.documents.dvcini import read_ini
from mooring.errors import NotFoundError, RefusedError

COMMITTED = """[core]
    remote = origin
    autostage = true
['remote "origin"']
    url = ../remote
"""


def committed(text: str, folder: str | None = "/r/.dvc") -> ConfigSource:
    return ConfigSource(text, ".dvc/config", folder, committed=True)


def committed_problem(text: str) -> str | None:
    try:
        read_config([committed(text, folder=None)])
    except RefusedError as error:
        return error.message
    return None


def own(text: str) -> ConfigSource:
    return ConfigSource(text, ".dvc/config.local", "/r/.dvc")


def test_a_remote_inside_the_repository_is_known_as_such() -> None:
    remote = read_config([committed(COMMITTED)]).remote()

    assert (remote.name, remote.url, remote.inner) == ("origin", "/r/remote", "remote")
    assert remote.scheme == ""


def test_without_a_work_tree_an_inner_remote_has_no_url() -> None:
    remote = read_config([committed(COMMITTED, folder=None)]).remote("Origin")

    assert (remote.url, remote.inner, remote.address) == ("", "remote", "remote")


def test_a_folder_beside_the_repository_is_not_inside_it() -> None:
    remote = read_config([committed(COMMITTED.replace("../remote", "../../storage"))]).remote()

    assert (remote.url, remote.inner) == ("/storage", None)


def test_the_operators_file_lies_over_the_committed_one() -> None:
    local = """['remote "origin"']
    url = s3://bucket/models
    access_key_id = KEY   # mine
    secret_access_key = 'a #b'
    configpath = aws/config
"""
    remote = read_config([committed(COMMITTED), own(local)]).remote()

    assert (remote.url, remote.inner, remote.scheme) == ("s3://bucket/models", None, "s3")
    assert remote.options == {
        "access_key_id": "KEY",
        "secret_access_key": "a #b",
        "configpath": "/r/.dvc/aws/config",
    }
    assert "a #b" not in repr(remote)


def test_a_home_is_given_not_looked_up() -> None:
    text = "['remote \"o\"']\nurl = ~/models\n"

    assert read_config([own(text)], home="/home-of-x").remote("o").url == "/home-of-x/models"
    with pytest.raises(RefusedError, match="home"):
        read_config([own(text)])
    with pytest.raises(RefusedError, match="home"):
        read_config([own(text.replace("~/", "~other/"))], home="/home-of-x")


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("version_aware = true", "remote.origin.version_aware"),
        ("worktree = true", "remote.origin.worktree"),
        ("password = x", "secret"),
        ("secret_access_key = x", "secret"),
        ("connection_string = x", "secret"),
        ("session_token = x", "secret"),
        ("keyfile = id", "operator"),
        ("ssl_verify = false", "certificates"),
        ("proxy_command = x", "not understood"),
        ("endpointurl = http://evil", "not understood"),
    ],
)
def test_a_committed_remote_has_listed_keys_and_no_secret(entry: str, expected: str) -> None:
    problem = committed_problem(f"{COMMITTED}    {entry}\n")

    assert problem is not None
    assert problem.startswith(".dvc/config: ")
    assert expected in problem


def test_a_secret_is_found_where_the_url_comes_from_elsewhere() -> None:
    problem = committed_problem("['remote \"o\"']\npassword = x\n")

    assert problem is not None
    assert "secret" in problem


@pytest.mark.parametrize(
    "url",
    [
        "gdrive://x/y",
        "ext::sh",
        "hdfs://x/y",
        "oss://x/y",
        "webdav://x/y",
        "file:///x",
        "remote://other/x",
        "dvc://x",
    ],
)
def test_only_listed_schemes_are_reached(url: str) -> None:
    text = COMMITTED.replace("../remote", url)
    if "://" not in url:
        assert read_config([committed(text)]).remote().scheme == ""  # a folder of that name
        return

    with pytest.raises(RefusedError, match=r"remote\.origin\.url has the scheme"):
        read_config([committed(text)])


@pytest.mark.parametrize(
    "url", ["https://u:p@host/x", "ssh://u:p@host/x", "s3://k:p@@b/x", "https://u:p@h/x?sig=1"]
)
def test_a_password_in_a_url_is_a_secret(url: str) -> None:
    assert "password" in str(committed_problem(COMMITTED.replace("../remote", url)))
    assert "p@" not in redacted(url)
    assert "sig" not in redacted(url)


@pytest.mark.parametrize(
    "text",
    [
        "[core]\nsite_cache_dir = /tmp/x\n",
        "[cache]\ndir = /tmp/x\n",
        "[machine]\nx = 1\n",
        '["remote \\"a\\""]\nurl = x\n',
        "x = 1\n",
        "[core]\nremote = a\nremote = b\n",
        "[core]\n[core]\n",
        "[[core]]\n",
        "[core]\nremote = '''a\nb'''\n",
        "[core]\nremote = %(x)s\n",
        "[core]\nremote = 'a\n",
        "[core]\nremote\n",
        "[core]\nremote = a\x1bb\n",
        "[core\n",
        "['remote \"-x\"']\nurl = y\n",
        "['remote \"../x\"']\nurl = y\n",
        "#" * (256 * 1024 + 1),
    ],
)
def test_other_committed_text_is_refused(text: str) -> None:
    assert committed_problem(text) is not None


def test_what_a_rule_accepts_is_read() -> None:
    assert committed_problem(COMMITTED) is None
    assert committed_problem("") is None


def test_the_operators_own_sections_are_left_alone() -> None:
    text = "[cache]\ndir = /big\n[core]\nsite_cache_dir = /x\n[feature]\nnew = 1\n"

    assert read_config([own(text), committed(COMMITTED)]).remote().name == "origin"


def test_an_unknown_remote_is_named_with_those_that_there_are() -> None:
    config = read_config([committed(COMMITTED)])

    with pytest.raises(NotFoundError, match="origin"):
        config.remote("elsewhere")
    with pytest.raises(NotFoundError, match="no DVC remote is set"):
        read_config([]).remote()


def test_the_only_remote_is_meant_when_none_is_named() -> None:
    assert read_config([own("['remote \"o\"']\nurl = /x\n")]).remote() == RemoteConfig("o", "/x")


def test_dvcs_own_folders_are_found() -> None:
    assert config_folders({}, "/h", "linux") == ("/etc/xdg/dvc", "/h/.config/dvc")
    assert config_folders({"XDG_CONFIG_HOME": "/c"}, "/h", "linux")[1] == "/c/dvc"
    assert config_folders({"DVC_GLOBAL_CONFIG_DIR": "/g"}, "/h", "darwin") == (
        "/Library/Application Support/dvc",
        "/g",
    )


names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20).filter(
    lambda text: text == text.strip() and "," not in text and "%(" not in text and '"' not in text
)


@given(st.dictionaries(names, st.dictionaries(names, values, max_size=3), max_size=3))
def test_what_configobj_writes_is_read_as_it_reads_it(remotes: dict[str, dict[str, str]]) -> None:
    written = ConfigObj({f'remote "{name}"': options for name, options in remotes.items()})

    text = "\n".join(written.write())

    assert read_ini(text, "config") == {f'remote "{name}"': options for name, options in remotes.items()}
