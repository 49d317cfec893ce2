"""Git over HTTPS and nothing else: a web server with ``git http-backend`` behind Basic authentication (git-http-backend(1))."""

from __future__ import annotations

from wizard.sandbox.git.servers.http import Answer, Request, as_html
from wizard.sandbox.git.servers.product import READ, WRITE, GitRequest, Granted, Product

_CHALLENGE = ("WWW-Authenticate", 'Basic realm="Git"')


class Plain(Product):
    """Users with passwords, and groups as folders. ``.git`` belongs to the name of a folder, and so does its case."""

    def git(self, asked: GitRequest) -> Answer | Granted:
        """Git over HTTPS: ``/FOLDER/NAME.git``."""
        repository = self.store.repository(asked.path.removesuffix(".git"))
        if repository is not None and f"{repository.full_name}.git" != asked.path:
            repository = None
        login = asked.request.basic()
        user = None if login is None else self.store.login(*login)
        if user is None:
            if repository is not None and not repository.private and not asked.push and login is None:
                return Granted(repository)
            # The web server asks for a login before it looks for anything.
            return as_html(401, "Unauthorized", "", _CHALLENGE)
        if repository is None:
            return as_html(404, "Not Found")
        level = max(self.store.level(user, repository.group), 0 if repository.private else READ)
        if level < (WRITE if asked.push else READ):
            return as_html(403, "Forbidden")
        return Granted(repository, user.name)

    def web(self, request: Request) -> Answer:
        """There are no pages; behind the login there would be none either."""
        login = request.basic()
        if login is None or self.store.login(*login) is None:
            return as_html(401, "Unauthorized", "", _CHALLENGE)
        return as_html(404, "Not Found")
