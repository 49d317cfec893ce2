"""The policy of the STS endpoint, for what comes through it (PrivateLink guide, "Control access using endpoint policies").

Only calls that nobody signs are judged here: a pod's token is what the strategy's script comes with. What is signed is judged
by the identity's policies behind.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from werkzeug.wsgi import get_input_stream

from wizard.sandbox.aws.views import EndpointView

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

NOBODY = ""
"""The principal of a call that is not signed."""

_UNSIGNED = "AssumeRoleWithWebIdentity"
_ERROR = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>'
    "<Message>{message}</Message></Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
)


def behind(endpoint: Callable[[], EndpointView | None], application: WSGIApplication) -> WSGIApplication:
    """The application, for whom the policy of ``endpoint()`` lets through."""

    def judged(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = get_input_stream(environ).read()
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        asked = parse_qs(body.decode("utf-8", "replace")) or parse_qs(str(environ.get("QUERY_STRING", "")))
        operation, role = asked.get("Action", [""])[0], asked.get("RoleArn", [""])[0]
        view = endpoint()
        if operation != _UNSIGNED or view is None or view.permits(NOBODY, f"sts:{_UNSIGNED}", role):
            return application(environ, start_response)
        # The wording: IAM user guide, "Troubleshoot access denied error messages".
        message = f"Not authorized to perform: sts:{_UNSIGNED} because no VPC endpoint policy allows the sts:{_UNSIGNED} action"
        told = _ERROR.format(message=escape(message)).encode()
        start_response("403 Forbidden", [("Content-Type", "text/xml"), ("Content-Length", str(len(told)))])
        return [told]

    return judged
