"""Makes an instance profile while a request to the given service is under way; prints what ended, in order."""

import sys
import threading
from io import BytesIO
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent.parent / "src")

from sandbox.instance_profiles import ensure_instance_profile
from sandbox.runtime import Runtime, install
from sandbox.web import Application


class Store:
    def save(self, *_):
        pass


class Slow(Application):
    def __init__(self):
        super().__init__(lambda *_: None)
        self.begun, self.may_end = threading.Event(), threading.Event()

    def _run(self, environ):
        self.begun.set()
        self.may_end.wait()
        ended.append("request")
        return "200 OK", [], b""


ended = []
install(Runtime(None, None, None, None, Store(), ()))
application = Slow()
environ = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": "/",
    "CONTENT_TYPE": "application/x-www-form-urlencoded",
    "CONTENT_LENGTH": "12",
    "HTTP_AUTHORIZATION": f"Credential=a/20260101/us-east-1/{sys.argv[1]}/aws4_request",
    "wsgi.input": BytesIO(b"Action=GetIt"),
}


def ensure():
    ensure_instance_profile("reader")
    ended.append("profile")


request = threading.Thread(target=application, args=(environ, lambda *_: None))
profile = threading.Thread(target=ensure)
request.start()
application.begun.wait()
profile.start()
# Long enough for one that does not wait.
profile.join(2)
application.may_end.set()
for thread in (request, profile):
    thread.join()
print(*ended)
