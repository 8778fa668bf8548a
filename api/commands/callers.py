"""People of the demo who speak to a server over HTTP, and say at once where it answers otherwise than they expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import orjson

from domain.problems import ProblemCode

_CASE: Final = "id version stateCode"
# Each mutation of the walk: the type of its input, and what is read of its answer.
_MUTATIONS: Final[Mapping[str, tuple[str, str]]] = {
    "holderEnrol": ("HolderEnrolInput", f"holder {{ {_CASE} identity {{ id version }} }}"),
    "identitySubmit": ("IdentitySubmitInput", f"identity {{ {_CASE} }}"),
    "identityVerify": ("IdentityVerifyInput", f"identity {{ {_CASE} }}"),
    "agreementConsent": ("AgreementConsentInput", f"holder {{ {_CASE} }}"),
    "accountApply": ("AccountApplyInput", f"account {{ {_CASE} flags isFlagged receiptNumber }}"),
    "accountClaim": ("AccountLeaseInput", f"account {{ {_CASE} claimedUntil }}"),
    "accountApprove": (
        "AccountApproveInput",
        f"account {{ {_CASE} filing {{ {_CASE} }} }} proposal {{ id hash }} step {{ trigger }}",
    ),
    "accountWithdraw": ("AccountWithdrawInput", f"account {{ {_CASE} }}"),
    "proposalEndorse": ("ProposalEndorseInput", "proposal { id state }"),
    "filingSubmit": ("FilingStepInput", f"filing {{ {_CASE} dueAt jurisdiction {{ nameZh }} }}"),
    "filingAccept": ("FilingStepInput", f"filing {{ {_CASE} number account {{ {_CASE} }} }}"),
    "permissionRequest": ("PermissionRequestInput", f"permission {{ {_CASE} }}"),
    "permissionGrant": ("PermissionGrantInput", f"permission {{ {_CASE} }} proposal {{ id hash }}"),
    "permissionRevoke": ("PermissionAgainstInput", f"permission {{ {_CASE} }} proposal {{ id hash }}"),
    "noticeSee": ("NoticeSeeInput", "receiptSecret"),
    **{
        f"sanction{verb}": (f"Sanction{type_ or verb}Input", f"sanction {{ {_CASE} }} proposal {{ id hash }}")
        for verb, type_ in {
            "Open": "",
            "Notify": "",
            "Answer": "",
            "Waive": "Step",
            "Acknowledge": "Step",
            "Warn": "",
            "Restrict": "",
            "Suspend": "",
            "Close": "",
            "Rescind": "",
        }.items()
    },
    "registerImport": ("RegisterImportRunInput", "registerImport { id rowsChanged }"),
}
_PROBLEMS: Final = "problems { code path message(language: EN) zh: message(language: ZH) fix }"


class Unexpected(Exception):
    """The server answered otherwise than the walk expects."""


@dataclass(slots=True)
class Wire:
    """The connection all callers share; it counts the requests and keeps the last answer."""

    client: httpx2.Client
    requests: int = 0
    last: bytes = b""

    def post(self, body: Mapping[str, Any], token: str) -> bytes:
        """The body of an answer, as it came. Unexpected where it is not a 200."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.requests += 1
        return self._kept(self.client.post("/graphql", json=dict(body), headers=headers))

    def get(self, path: str) -> bytes:
        """What stands at an address. Unexpected where it is not a 200."""
        self.requests += 1
        return self._kept(self.client.get(path))

    def upload(self, name: str, content: bytes, type_: str, token: str) -> bytes:
        """The answer to a document. Unexpected where it is not taken."""
        self.requests += 1
        headers = {"authorization": f"Bearer {token}"}
        return self._kept(self.client.post("/documents", files={"file": (name, content, type_)}, headers=headers))

    def _kept(self, response: httpx2.Response) -> bytes:
        self.last = response.content
        if not response.is_success:
            raise Unexpected(f"The answer was {response.status_code}: {response.text}")
        return self.last


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a token, or nobody in particular without one."""

    subject: str
    wire: Wire
    token: str = ""

    def post(self, query: str, **variables: Any) -> bytes:
        """The answer as it came."""
        return self.wire.post({"query": query, "variables": variables}, self.token)

    def get(self, path: str) -> bytes:
        """What anybody gets at an address, without the token."""
        return self.wire.get(path)

    def upload(self, name: str, content: bytes, type_: str) -> str:
        """The id of a document sent with POST /documents."""
        return str(orjson.loads(self.wire.upload(name, content, type_, self.token))["id"])

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a query."""
        body = orjson.loads(self.post(query, **variables))
        if "errors" in body:
            raise Unexpected(f"{self.subject} was answered {body['errors']}")
        data: dict[str, Any] = body["data"]
        return data

    def do(self, mutation: str, input_: Mapping[str, Any], *, refused: tuple[ProblemCode, ...] = ()) -> dict[str, Any]:
        """What a mutation answered; it must be refused with exactly these codes, or not at all."""
        type_, selection = _MUTATIONS[mutation]
        document = f"mutation($input: {type_}!) {{ {mutation}(input: $input) {{ {selection} {_PROBLEMS} }} }}"
        payload: dict[str, Any] = self.ask(document, input=dict(input_))[mutation]
        codes = tuple(problem["code"] for problem in payload["problems"])
        if codes != refused:
            wanted = ", ".join(refused) or "no refusal"
            raise Unexpected(f"{mutation} of {self.subject} was to meet {wanted}, and was answered {payload}")
        return payload


def by_two(one: Caller, other: Caller, mutation: str, input_: Mapping[str, Any]) -> dict[str, Any]:
    """What came of a decision that one proposes, the other endorses and the first carries out."""
    proposal = one.do(mutation, input_)["proposal"]
    other.do("proposalEndorse", {"id": proposal["id"], "hash": proposal["hash"]})
    return one.do(mutation, {**input_, "proposal": proposal["id"]})


def expect(what: str, *, found: object, wanted: object) -> None:
    """Unexpected unless the two are equal."""
    if found != wanted:
        raise Unexpected(f"{what}: {wanted} was expected, and it is {found}")
