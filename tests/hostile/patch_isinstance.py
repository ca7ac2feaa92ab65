"""Makes isinstance and len lie in this process, which also breaks whatever answers the grader."""

# points: 0
# outcomes: crashed failed skipped
# report:

import builtins

builtins.isinstance = lambda value, kinds: True
builtins.len = lambda value: 0
