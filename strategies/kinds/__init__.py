"""The kinds of resource that strategies describe: data only. Each has one handler in ``strategies.resources``.

The catalogue is one namespace; its parts are modules of their own.
"""

from strategies.kinds.aws import *
from strategies.kinds.cluster import *
from strategies.kinds.git import *
