"""Where changes are proposed and approved: a plain Git remote, GitHub, GitLab, Gitea or Forgejo."""
