"""The readers of a private server against the sandbox's servers: what is read, what is refused, and that no secret stays."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from strategies.answers import Answers, Source
from strategies.base import Situation
from strategies.facts import (
    SERVER,
    SERVER_HOST_KEYS,
    Caller,
    FactError,
    Facts,
    Reading,
    ServerInfo,
    ServerKind,
    ServerRepository,
    SourceRepository,
    SshHostKeys,
    Trusted,
)
from strategies.ports import FactFailureError, Reader, ResourceError
from strategies.resources.git.program import GitError, GitLogin, GitProgram
from strategies.resources.git.refs import list_remote
from strategies.resources.git.servers.keys import generate_key
from strategies.resources.git.servers.readers import server_readers
from strategies.resources.git.servers.source_trust import source_trust, trust_of_source
from strategies.resources.git.source import source_reader
from tests.contract.estate import Estate, estate
from tests.programs import needs
from wizard.sandbox.git.servers.ssh import known_host, unavailable

TOKENS = {"gitlab": "GITLAB_TOKEN", "bitbucket": "BITBUCKET_TOKEN", "gitea": "GITEA_TOKEN", "ghes": "GHES_TOKEN"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Every server of the healthy sandbox."""
    with estate(tmp_path_factory.mktemp("estate")) as made:
        yield made


def readers(world: Estate) -> dict[str, Reader]:
    """The readers, as a workstation has them; ``env:`` names a token of the scenario by its variable."""
    values = {
        token.variable: token.value
        for one in world.servers.running.values()
        for token in one.section.tokens
        if token.variable is not None
    }

    def resolve(_situation: Situation, reference: str) -> str:
        try:
            return values[reference.removeprefix("env:")]
        except KeyError:
            raise ResourceError(f"Cannot find the secret {reference}", "it is not set", "Export it.") from None

    made = server_readers(world.environ, resolve, lambda: datetime.now(UTC))
    return {one.fact_id: one for one in made}


def situation(answers: Answers, info: ServerInfo | None = None) -> Situation:
    """These answers, and what is known of the server."""
    read = {} if info is None else {SERVER.id: Reading(info, None, datetime.now(UTC), 0.1)}
    return Situation(answers, Facts(read))


def asked(world: Estate, name: str, *, ssh: bool = False, trust: bool = True, **server: object) -> Answers:
    """Answers that name the server's repository and its CA, and the administrator's token where it has one."""
    section = world.section(name)
    repository = section.repositories[0]
    below = "/scm" if name == "bitbucket" else ""
    url = f"{section.web_url}{below}/{repository.owner}/{repository.name}.git"
    if ssh:
        port = "" if section.ssh_port == 22 else f":{section.ssh_port}"
        url = f"ssh://git@{section.host}{port}/{repository.owner}/{repository.name}.git"
    given: dict[str, object] = {"ca_file": str(world.servers.ca_file)} if trust else {}
    if name in TOKENS:
        given |= {"admin_token": f"env:{TOKENS[name]}", "kind": name, "base_url": section.web_url}
    data = {"strategy": "private-server", "private_server": {"server": given | server, "repository": {"url": url}}}
    return Answers.model_validate(data)


@pytest.mark.parametrize("name", [*TOKENS, "forgejo", "plain"])
def test_each_server_is_read(world: Estate, name: str) -> None:
    found, at = readers(world), situation(asked(world, name))
    assert all(one.inputs(at) is not None for one in found.values())
    info = found["server.info"].read(at)
    assert isinstance(info, ServerInfo)
    assert info.kind is ServerKind(name)
    chain = found["server.chain"].read(at)
    assert chain.trusted is Trusted.GIVEN  # type: ignore[attr-defined]  # a TrustChain
    assert found["server.authority"].read(at).certificates  # type: ignore[attr-defined]  # a ServerAuthority
    assert found["server.addresses"].read(at).why  # type: ignore[attr-defined]  # behind a proxy a name means nothing
    assert found["server.host-keys"].read(at) is None, "over HTTPS nobody asks for them"


@pytest.mark.parametrize("name", list(TOKENS))
def test_what_the_token_sees(world: Estate, name: str) -> None:
    found, at = readers(world), situation(asked(world, name))
    caller = found["server.caller"].read(at)
    assert isinstance(caller, Caller)
    assert caller.refused is None
    signed_in = found["server.signed-in"].read(at)
    assert isinstance(signed_in, ServerInfo)
    assert signed_in.version
    repository = found["server.repository"].read(at)
    assert repository.exists  # type: ignore[attr-defined]  # a ServerRepository
    listed = found["server.repositories"].read(at)
    assert isinstance(listed, tuple)
    assert repository.path in [one.path for one in listed]  # type: ignore[attr-defined]
    assert isinstance(found["server.credentials"].read(at), tuple)
    told = repr((caller, signed_in, repository, listed))
    assert not any(token.value in told for token in world.section(name).tokens)


def test_a_product_that_hides_from_strangers_is_known_once_its_api_answers_the_token(world: Estate) -> None:
    answers = asked(world, "gitlab")
    stranger = ServerInfo(ServerKind.PLAIN, "https://gitlab.acme.example", "gitlab.acme.example", 443, sure=False)
    found = readers(world)["server.signed-in"].read(situation(answers, stranger))
    assert isinstance(found, ServerInfo)
    assert (found.kind, found.sure, bool(found.version)) == (ServerKind.GITLAB, True, True)


def test_a_token_that_is_refused_is_an_answer_and_one_that_is_not_at_hand_is_none(world: Estate) -> None:
    found = readers(world)
    with pytest.raises(FactFailureError) as raised:
        found["server.caller"].read(situation(asked(world, "gitlab", admin_token="env:NOT_SET")))
    assert raised.value.error == FactError("Cannot find the secret env:NOT_SET: it is not set", "Export it.")
    other = found["server.caller"].read(situation(asked(world, "gitlab", admin_token="env:GITEA_TOKEN")))
    assert isinstance(other, Caller)
    assert other.refused is not None
    assert "401" in other.refused.message
    with pytest.raises(FactFailureError):
        found["server.repository"].read(situation(asked(world, "gitlab", admin_token="env:GITEA_TOKEN")))


def test_without_a_token_nothing_is_asked_and_nothing_waits(world: Estate) -> None:
    found, at = readers(world), situation(asked(world, "gitlab", admin_token=None))
    for fact in ("server.caller", "server.repository", "server.repositories", "server.credentials", "server.signed-in"):
        assert found[fact].inputs(at) is not None
        assert found[fact].read(at) is None


def test_product_and_base_url_come_from_the_look_where_they_are_not_answered(world: Estate) -> None:
    found, answers = readers(world), asked(world, "bitbucket", kind=None, base_url=None)
    assert found["server.repository"].inputs(situation(answers)) is None, "it waits for the look"
    info = found["server.info"].read(situation(answers))
    assert isinstance(info, ServerInfo)
    repository = found["server.repository"].read(situation(answers, info))
    assert repository.exists  # type: ignore[attr-defined]  # a ServerRepository


@pytest.mark.parametrize("ssh", [False, True])
def test_what_is_suggested_from_the_look_does_not_start_it_again(world: Estate, ssh: bool) -> None:
    reader = readers(world)[SERVER.id]
    bare = asked(world, "gitea", ssh=ssh, kind=None, base_url=None)
    filled = asked(world, "gitea", ssh=ssh, kind="gitea", base_url="https://gitea.acme.example")
    assert reader.inputs(situation(bare)) == reader.inputs(situation(filled)) is not None


def test_another_strategy_reads_nothing(world: Estate) -> None:
    at = situation(asked(world, "gitlab").model_copy(update={"strategy": "codecommit"}))
    assert all(one.inputs(at) is None for one in readers(world).values())
    assert all(one.inputs(situation(Answers(strategy="private-server"))) is None for one in readers(world).values())


def test_a_token_that_is_asked_for_is_waited_for(world: Estate) -> None:
    at = situation(asked(world, "gitlab", admin_token="prompt:Token"))
    patient = {fact for fact, one in readers(world).items() if one.patient(at)}
    assert patient == {
        "server.caller",
        "server.repository",
        "server.repositories",
        "server.credentials",
        "server.signed-in",
    }


def test_an_unknown_ca_is_shown_and_confirmed_by_its_fingerprint(world: Estate) -> None:
    found, stranger = readers(world), asked(world, "gitlab", trust=False)
    chain = found["server.chain"].read(situation(stranger))
    assert chain.trusted is Trusted.NOT  # type: ignore[attr-defined]  # a TrustChain
    with pytest.raises(FactFailureError):
        found["server.info"].read(situation(stranger))
    anchor = chain.anchor  # type: ignore[attr-defined]
    confirmed = situation(asked(world, "gitlab", trust=False, ca_fingerprint=anchor.sha256))
    assert found["server.chain"].read(confirmed).trusted is Trusted.GIVEN  # type: ignore[attr-defined]
    assert isinstance(found["server.info"].read(confirmed), ServerInfo)
    other = situation(asked(world, "gitlab", trust=False, ca_fingerprint=":".join(["AB"] * 32)))
    assert found["server.chain"].read(other).trusted is Trusted.NOT  # type: ignore[attr-defined]
    with pytest.raises(FactFailureError, match="does not show the certificate"):
        found["server.authority"].read(other)


def test_the_source_on_that_server_is_believed_by_the_same_ca(world: Estate) -> None:
    program = GitProgram({**world.environ, "GIT_SSL_CAINFO": str(world.system_bundle)})
    reader = source_reader(
        program, lambda _situation, _reference: world.section("gitlab").tokens[0].value, source_trust(world.environ)
    )
    answers = asked(world, "gitlab")
    source = Source(url=answers.private_server.repository.url, username="casey", password="env:T")
    found = reader.read(situation(answers.model_copy(update={"source": source})))
    assert isinstance(found, SourceRepository)
    assert found.default_branch == "main"
    stranger = asked(world, "gitlab", trust=False).model_copy(update={"source": source})
    with pytest.raises(FactFailureError):
        reader.read(situation(stranger))
    github = Source(url="https://github.com/acme/cluster-config.git")
    assert trust_of_source(situation(answers.model_copy(update={"source": github}))) is None


@needs("ssh-keyscan")
@pytest.mark.skipif(unavailable() is not None, reason=unavailable() or "")
def test_host_keys_are_read_over_ssh(world: Estate) -> None:
    found, at = readers(world), situation(asked(world, "gitea", ssh=True))
    keys = found["server.host-keys"].read(at)
    section = world.section("gitea")
    assert section.ssh_port is not None
    assert keys.known_hosts == known_host(section.host, section.ssh_port) + "\n"  # type: ignore[attr-defined]


@pytest.mark.skipif(unavailable() is not None, reason=unavailable() or "")
@needs("ssh")
def test_without_a_token_the_key_that_argocd_will_have_lists_it_over_ssh(world: Estate) -> None:
    keys = {"env:KNOWN": generate_key("known"), "env:STRANGER": generate_key("stranger")}
    store = world.servers.running["gitea"].store
    wanted = store.repository("platform/cluster-config")
    assert wanted is not None
    store.add_key(wanted, "known", keys["env:KNOWN"].public, read_only=True)
    made = server_readers(world.environ, lambda _situation, name: keys[name].private, lambda: datetime.now(UTC))
    readers_of = {one.fact_id: one for one in made}
    shown = readers_of["server.host-keys"].read(situation(asked(world, "gitea", ssh=True)))
    assert isinstance(shown, SshHostKeys)

    def looked(secret: str, host_key: str) -> object:
        given = asked(world, "gitea", ssh=True, admin_token=None, host_keys=[host_key]).model_dump()
        given["private_server"]["credentials"] |= {"method": "ssh-key", "secret": secret}
        answers = Answers.model_validate(given)
        reading = Reading(shown, None, datetime.now(UTC), 0.1)
        assert readers_of["server.repository"].inputs(situation(answers)) is None, "it waits for the host keys"
        return readers_of["server.repository"].read(Situation(answers, Facts({SERVER_HOST_KEYS.id: reading})))

    found = looked("env:KNOWN", shown.keys[0].fingerprint)
    assert isinstance(found, ServerRepository)
    assert (found.path, found.default_branch, found.empty, found.refused) == ("platform/cluster-config", "main", False, None)
    other = looked("env:STRANGER", shown.keys[0].fingerprint)
    assert isinstance(other, ServerRepository)
    assert other.refused is not None
    assert "env:STRANGER" in other.refused.message
    assert looked("env:KNOWN", "SHA256:" + "A" * 43) is None, "a server that shows other keys is not asked"


@pytest.mark.skipif(unavailable() is not None, reason=unavailable() or "")
@needs("ssh")
def test_only_the_host_keys_given_are_believed(world: Estate) -> None:
    section, key = world.section("gitea"), generate_key("any")
    line = known_host(section.host, section.ssh_port or 22, "changed")
    url = asked(world, "gitea", ssh=True).private_server.repository.url or ""
    with pytest.raises(GitError, match="Host key verification failed"):
        list_remote(GitProgram(world.environ), url, GitLogin(url, "", "", ssh_key=key.private, known_hosts=f"{line}\n"))
