"""Tokens and cookies: right ones in, wrong ones out, guessers slowed down."""

from __future__ import annotations

from epochal.server.tokens import BAD_TOKENS_PER_MINUTE, Tokens, make_token, read_cookie


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_tokens_are_long_and_never_repeat() -> None:
    made = {make_token() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 32


def test_only_the_token_is_the_token() -> None:
    tokens = Tokens("secret-secret-secret", 6006)
    assert tokens.check_token("secret-secret-secret", "a")
    for wrong in ("", "secret", "secret-secret-secreT", "secret-secret-secret ", "\udcff", tokens.cookie_value):
        assert not tokens.check_token(wrong.encode("utf-8", "replace").decode(), "a")


def test_an_empty_token_opens_nothing() -> None:
    tokens = Tokens("", 6006)
    assert not tokens.check_token("", "a")
    assert not tokens.check_cookie(tokens.cookie_value)


def test_the_cookie_belongs_to_one_server() -> None:
    one, other = Tokens("t" * 32, 6006), Tokens("t" * 32, 6007)
    prefixed = Tokens("t" * 32, 6006, "/team/a")
    assert len({one.cookie_name, other.cookie_name, prefixed.cookie_name}) == 3
    assert one.check_cookie(one.cookie_value)
    assert not one.check_cookie(other.cookie_value)
    assert not one.check_cookie("t" * 32)
    assert "t" * 32 not in one.set_cookie("", secure=False)
    assert one.set_cookie("/a", secure=False).endswith("; Path=/a/; HttpOnly; SameSite=Strict")
    assert one.set_cookie("", secure=True).endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")


def test_ten_wrong_tokens_a_minute_and_no_more() -> None:
    clock = Clock()
    tokens = Tokens("t" * 32, 6006, clock=clock)
    for second in range(BAD_TOKENS_PER_MINUTE):
        assert not tokens.is_limited("guesser")
        clock.now = float(second)
        assert not tokens.check_token("wrong", "guesser")
    assert tokens.is_limited("guesser")
    assert not tokens.is_limited("somebody else")
    clock.now = 59.9
    assert tokens.is_limited("guesser")
    clock.now = 60.0
    assert not tokens.is_limited("guesser")


def test_peers_are_not_remembered_without_end() -> None:
    tokens = Tokens("t" * 32, 6006)
    for number in range(5000):
        tokens.check_token("wrong", str(number))
    assert len(tokens._bad) <= 4096


def test_read_cookie_gives_all_of_one_name() -> None:
    assert read_cookie("a=1; epochal_6006=x; b=2;epochal_6006=y=z", "epochal_6006") == ["x", "y=z"]
    assert read_cookie("epochal_60061=x", "epochal_6006") == []
