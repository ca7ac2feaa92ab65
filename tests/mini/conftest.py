"""The checks of the miniature course are for `grade`; pytest leaves them alone."""

collect_ignore_glob = ["*"]
