"""Regular expressions matched in a separate process, which can be killed if matching never ends."""

import json
import sys
from collections.abc import Collection

import anyio

from crystalmath_server.protocol.errors import InvalidForm

TIMEOUT_S = 3.0
_SCRIPT = """
import json, re, sys
pattern, texts = json.load(sys.stdin)
search = re.compile(pattern, re.IGNORECASE | re.MULTILINE).search
json.dump([text for text in texts if search(text)], sys.stdout)
"""


async def find_matches(pattern: str, texts: Collection[str]) -> frozenset[str]:
    """The matching texts; `re` holds the interpreter lock, so a thread could not be interrupted.

    Raises
    ------
    InvalidForm
        Matching takes too long.
    """
    command = (sys.executable, "-I", "-S", "-W", "ignore", "-c", _SCRIPT)
    asked = json.dumps([pattern, list(texts)]).encode()
    try:
        with anyio.fail_after(TIMEOUT_S):
            done = await anyio.run_process(command, input=asked, stderr=None)
    except TimeoutError:
        detail = f"Matching {pattern!r} took longer than {TIMEOUT_S:g} s"
        hint = "Avoid nested repetitions like (a+)+, or search for plain text."
        raise InvalidForm(detail, field="label", hint=hint) from None
    return frozenset(json.loads(done.stdout))
