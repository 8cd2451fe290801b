"""What a refused request gets: a page for people, one JSON sentence for programs. Each says what to do next.

The pages are self-contained, since a request for their style sheet would be refused as well. Their one style and
one script are allowed by their hashes, so the policy needs no 'unsafe-inline'.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from epochal.server.headers import page_csp

# The colours are those of web/src/theme/tokens.css.
_STYLE = """
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#171a21;--soft:#48505f;--line:#dfe3ea;
--control:#858e9e;--accent:#2257c5;--on-accent:#fff;--danger:#bf2a30}
@media(prefers-color-scheme:dark){:root{--page:#0e1014;--card:#15171c;--ink:#e9ebef;--soft:#b3bac6;--line:#292e38;
--control:#6a7383;--accent:#82adfa;--on-accent:#0b1220;--danger:#ff8080}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--page);color:var(--ink);
font:15px/1.55 Inter,system-ui,-apple-system,"Segoe UI",sans-serif}
main{box-sizing:border-box;width:min(34rem,calc(100vw - 2rem));padding:1.75rem 2rem;background:var(--card);
border:1px solid var(--line);border-radius:12px}
h1{margin:0 0 .5rem;font-size:1.2rem;font-weight:600;letter-spacing:-.01em}
p{margin:.5rem 0;color:var(--soft)}
code{padding:.1em .35em;border-radius:5px;background:color-mix(in srgb,var(--ink) 8%,transparent);color:var(--ink);
font:.92em/1.4 "JetBrains Mono",ui-monospace,monospace;overflow-wrap:anywhere}
pre{margin:.75rem 0;padding:.7rem .9rem;border:1px solid var(--line);border-radius:8px;overflow-x:auto}
pre code{padding:0;background:none}
form{display:flex;gap:.5rem;margin-top:1.1rem}
input{flex:1;min-width:0;padding:.5rem .7rem;border:1px solid var(--control);border-radius:8px;
background:var(--page);color:inherit;font:inherit}
button{padding:.5rem 1rem;border:0;border-radius:8px;background:var(--accent);color:var(--on-accent);
font:inherit;font-weight:550;cursor:pointer}
input:focus-visible,button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
#said{color:var(--danger)}
#said:empty{display:none}
small{color:var(--soft)}
"""

# Reads the token from the fragment (which browsers never send), trades it for a cookie, and loads the page again.
# A browser keeps the strict cookie back when a link on another site led here; the session check notices that.
_LOGIN_SCRIPT = """
(() => {
  const root = document.documentElement.dataset.root;
  const form = document.querySelector("form"), said = document.querySelector("#said");
  const field = document.querySelector("input");
  const enter = () => { location.reload(); };
  const give = async (token) => {
    said.textContent = "";
    let answer;
    try {
      answer = await fetch(root + "api/login", {
        method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify({token}),
      });
    } catch { said.textContent = "The server did not answer. Is it still running?"; return; }
    if (answer.ok) { enter(); return; }
    const body = await answer.json().catch(() => null);
    said.textContent = body?.error?.message ?? "That token was not accepted.";
    field.focus();
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); void give(field.value.trim()); });
  const found = /(^#|[&?])token=([^&]*)/.exec(location.hash);
  if (found) {
    const rest = location.hash.replace(found[0], found[1] === "#" ? "#" : "").replace(/^#&?$/, "");
    history.replaceState(null, "", location.pathname + location.search + rest);
    void give(decodeURIComponent(found[2]));
    return;
  }
  const tried = "epochal-session-tried";
  let before = 0;
  try { before = Number(sessionStorage.getItem(tried)); } catch {}
  if (Date.now() - before > 10000) {
    fetch(root + "api/session").then((answer) => {
      if (!answer.ok) return;
      try { sessionStorage.setItem(tried, String(Date.now())); } catch { return; }
      enter();
    }, () => {});
  }
})();
"""


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


_STYLE_SOURCE = _source(_STYLE)
_LOGIN_SOURCE = _source(_LOGIN_SCRIPT)


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused: HTTP status, a code for programs, a title and one sentence, and what helps."""

    status: int
    code: str
    title: str
    message: str
    details: str = ""  # HTML, made here only, everything foreign in it escaped
    login: bool = False
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True)
class Answer:
    """A complete response."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def render(refusal: Refusal, *, as_page: bool, root: str, embed_origins: Iterable[str] = ()) -> Answer:
    """Make the response of a refusal. `root` leads from the refused address to the app, such as "../"."""
    if as_page:
        headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (
                b"content-security-policy",
                page_csp(
                    embed_origins, scripts=_LOGIN_SOURCE if refusal.login else "'none'", styles=_STYLE_SOURCE
                ),
            ),
        ]
        body = _page(refusal, root).encode()
    else:
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
        body = msgspec.json.encode({"error": {"code": refusal.code, "message": refusal.message}})
    headers.append((b"content-length", str(len(body)).encode()))
    headers.extend(refusal.headers)
    return Answer(refusal.status, headers, body)


def _page(refusal: Refusal, root: str) -> str:
    login = ""
    if refusal.login:
        login = (
            '<form><input type="password" autocomplete="off" spellcheck="false" aria-label="Token" '
            'placeholder="Token" autofocus><button>Open</button></form>'
            '<p id="said" role="status"></p>'
            f"<script>{_LOGIN_SCRIPT}</script>"
        )
    return (
        f'<!doctype html><html lang="en" data-root="{html.escape(root)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{html.escape(refusal.title)} – Epochal</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{html.escape(refusal.title)}</h1><p>{html.escape(refusal.message)}</p>"
        f"{refusal.details}{login}</main></body></html>"
    )


def unknown_host(shown: str) -> Refusal:
    """The request names a host that is not ours: DNS rebinding, or a name that the user has to allow."""
    clipped = shown[:200]
    safe = "".join(c for c in clipped if c.isalnum() or c in ".-_:[]")
    name = safe.rsplit(":", 1)[0] if safe.count(":") == 1 else safe
    details = (
        "<p>If you reach this server under that name on purpose, start it with</p>"
        f"<pre><code>epochal … --allowed-host {html.escape(name)}</code></pre>"
        "<p><small>This keeps other web sites from reading your logs through your browser "
        "(DNS rebinding).</small></p>"
        if name
        else ""
    )
    return Refusal(
        403,
        "unknown_host",
        "This server does not answer to that name",
        f"The request was for the host {name!r}; add it with --allowed-host if that is meant."
        if name
        else "The request named no host, or no valid one.",
        details,
    )


def cross_site(message: str) -> Refusal:
    """Another site's page sent the request."""
    return Refusal(
        403,
        "cross_site",
        "Refused: this request came from another site",
        message,
        "<p>Only Epochal’s own pages may read your logs. Open the address itself in a tab instead. Behind a "
        "proxy, let it pass the <code>Host</code> header on unchanged.</p>",
    )


def bad_method(allowed: str) -> Refusal:
    """A method that nothing here has a use for. There is no CORS, so OPTIONS is one of them."""
    return Refusal(
        405,
        "method_not_allowed",
        "Method not allowed",
        f"Only {allowed} are served here.",
        headers=((b"allow", allowed.encode()),),
    )


def bad_path() -> Refusal:
    """A path that is not in its plain form."""
    return Refusal(404, "not_found", "There is nothing here", "That is no address of this server.")


def moved(address: str) -> Refusal:
    """The prefix without its final slash, from which relative addresses would lead elsewhere."""
    return Refusal(308, "moved", "Moved", f"The page is at {address}.", headers=((b"location", address.encode()),))


def not_built() -> Refusal:
    """A source checkout without the built pages."""
    return Refusal(
        503,
        "not_built",
        "The web UI has not been built",
        "This Epochal runs from a source checkout. Build its pages once:",
        "<pre><code>cd web &amp;&amp; npm ci &amp;&amp; npm run build</code></pre>"
        "<p>That needs Node 20.19 or newer; a released wheel carries the pages. The data are served anyway.</p>",
    )


def outside_prefix(prefix: str) -> Refusal:
    """The server was started under a path prefix and the request lies outside it."""
    return Refusal(404, "not_found", "There is nothing here", f"This server's pages are under {prefix}/.")


def missing_token() -> Refusal:
    """No credential, or one that is not ours. The page takes the token, from its fragment or from the field."""
    return Refusal(
        401,
        "unauthorized",
        "Paste the token to open these logs",
        "This server answers only those who know its token.",
        "<p>It was printed in the terminal when the server started, as a link that ends in "
        "<code>#token=…</code>. Open that link, or paste the token here.</p>",
        login=True,
        headers=((b"www-authenticate", b'Bearer realm="epochal"'),),
    )


def wrong_token() -> Refusal:
    """A token was given and it is wrong."""
    return Refusal(401, "unauthorized", "Wrong token", "That is not the token this server printed at start.")


def too_many_attempts() -> Refusal:
    """Somebody is guessing."""
    return Refusal(
        429,
        "too_many_attempts",
        "Too many wrong tokens",
        "Too many wrong tokens in the last minute. Wait a minute and try again.",
        headers=((b"retry-after", b"60"),),
    )
