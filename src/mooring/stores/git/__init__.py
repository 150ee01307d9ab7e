"""The one way in which Mooring reaches Git.

`repository.Repository` reads and writes objects and refs, `remote` talks to other repositories, `mirror` keeps
a local copy of one. Nothing outside this package starts Git.
"""
