"""Rules: files in, findings out; offline, pure, the same answer always. A rule is one function in a family's
module.
"""
