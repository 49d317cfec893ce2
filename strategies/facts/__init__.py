"""What can be read from this machine, AWS, the cluster and Git servers. Data only; the readers are in ``strategies.resources``.

A fact is asked for by its key, which carries its type: ``facts.get(AWS_IDENTITY)`` is an ``AwsIdentity`` or None.
The catalogue is one namespace; its parts are modules of their own.
"""

from strategies.facts.account import *
from strategies.facts.argocd import *
from strategies.facts.aws import *
from strategies.facts.base import *
from strategies.facts.cluster import *
from strategies.facts.git import *
from strategies.facts.network import *
from strategies.facts.own_server import *
from strategies.facts.probe import *
from strategies.facts.proxy import *
from strategies.facts.server import *
from strategies.facts.workstation import *
