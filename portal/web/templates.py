"""Templates are compiled once for each language, with its texts and the icons written into them.

A list says the same texts in each of its rows. Looked up when the page is made, they cost more than the rows
themselves; written in, they are part of the template's own HTML. Tables of names among the globals are said
once as well. What depends on values is put together as before, and escapes them.
"""

import re
from collections.abc import Mapping, MutableMapping
from types import FunctionType, MethodType
from typing import Any, Final, cast

from flask import Flask
from flask.templating import Environment
from flask_babel import force_locale, get_locale
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, Macro
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from portal.core.texts import LazyString, translations
from portal.web.icons import icon

SPECIAL: Final = re.compile("[&<>'\"]")
PLAIN: Final = frozenset({FunctionType, MethodType})
VALUE: Final = re.compile(r"%\((\w+)\)s")


def escaped(value: Any) -> str:
    """Return a value as HTML; MarkupSafe is asked only where there is something to escape."""
    kind = type(value)
    if kind is Markup or (kind is str and not SPECIAL.search(value)):
        return cast("str", value)
    return str(value) if kind is int else escape(value)


class _QuickOutput(CodeGenerator):
    """Jinja's compiler, which writes ``escaped`` in place of MarkupSafe's own function."""

    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


class _QuickContext(Context):
    """Jinja's context, which calls plain functions and macros at once: a list makes hundreds of calls."""

    def call(self, called: Any, /, *args: Any, **given: Any) -> Any:
        """Call it, and ask what it wants to be given besides only where it may want something."""
        kind = type(called)
        if kind is not Macro and (kind not in PLAIN or hasattr(called, "jinja_pass_arg")):
            return super().call(called, *args, **given)
        given.pop("_loop_vars", None)
        given.pop("_block_vars", None)
        return called(*args, **given)


class SpeakingEnvironment(Environment):
    """Flask's environment, which hands out templates in the language of whoever reads."""

    code_generator_class = _QuickOutput
    context_class = _QuickContext
    escaped = staticmethod(escaped)

    def __init__(self, app: Flask, **options: Any) -> None:
        super().__init__(app, **options)
        self.language: str | None = None
        self.in_language: dict[str, SpeakingEnvironment] = {}

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - as Jinja names it
    ) -> Template:
        """Return a template in the language in force; one that speaks already goes on in its own."""
        if self.language is not None:
            return super().get_template(name, parent, globals)
        language = str(get_locale() or "en")
        if language not in self.in_language:
            self.in_language[language] = self._speaking(language)
        return self.in_language[language].get_template(name, parent, globals)

    def _speaking(self, language: str) -> "SpeakingEnvironment":
        spoken = self.overlay()
        spoken.language = language
        spoken.globals = {name: _table_said(thing) for name, thing in self.globals.items()}
        return spoken

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template; as one table, since all are known once a language is spoken."""
        return super().make_globals(d) if self.language is None else {**self.globals, **(d or {})}

    def _generate(
        self,
        source: nodes.Template,
        name: str | None,
        filename: str | None,
        defer_init: bool = False,  # noqa: FBT001, FBT002 - as Jinja has it
    ) -> str:
        if self.language is not None:
            with force_locale(self.language):
                source = _WritingIn(EvalContext(self, name)).visit(source)
            source.set_environment(self)
        return super()._generate(source, name, filename, defer_init)


def _table_said(thing: Any) -> Any:
    """Return a table of names in the language in force, and anything else as it is."""
    if isinstance(thing, Mapping) and any(isinstance(name, LazyString) for name in thing.values()):
        return {key: str(name) for key, name in thing.items()}
    return thing


class _WritingIn(NodeTransformer):
    """Replaces calls that always answer the same, in one language, by their answers."""

    def __init__(self, context: EvalContext) -> None:
        self._context = context
        self._in_loop = False

    def visit_Output(self, output: nodes.Output) -> nodes.Node:  # noqa: N802 - as Jinja names it
        """Write a text and its values one after the other, instead of putting them together first."""
        self.generic_visit(output)
        output.nodes = [piece for node in output.nodes for piece in _pieces(node)]
        return output

    def visit_For(self, loop: nodes.For) -> nodes.Node:  # noqa: N802 - as Jinja names it
        """Write what a loop says as a whole: else each piece of it goes through every layer of the page."""
        if self._in_loop:
            return self.generic_visit(loop)
        self._in_loop = True
        self.generic_visit(loop)
        self._in_loop = False
        return nodes.FilterBlock([loop], nodes.Filter(None, "safe", [], [], None, None), lineno=loop.lineno)

    def visit_Call(self, call: nodes.Call) -> nodes.Node:  # noqa: N802 - as Jinja names it
        """Put the answer in the place of the call, where it is the same each time."""
        self.generic_visit(call)
        if not isinstance(call.node, nodes.Name) or call.dyn_args or call.dyn_kwargs:
            return call
        given = [one.value for one in call.args if isinstance(one, nodes.Const)]
        if len(given) == len(call.args):
            if call.node.name == "icon" and not call.kwargs:
                return nodes.Const(icon(*given), lineno=call.lineno)
            if call.node.name == "_":
                return self._said(call, *given)
        return call

    def _said(self, call: nodes.Call, text: str) -> nodes.Node:
        said = translations().gettext(text)
        if self._context.autoescape:
            said = Markup(said)  # noqa: S704 - our own words
        if not call.kwargs:
            return nodes.Const(said % {}, lineno=call.lineno)
        values = [nodes.Pair(nodes.Const(it.key), it.value) for it in call.kwargs]
        return nodes.Mod(nodes.Const(said), nodes.Dict(values), lineno=call.lineno)


def _pieces(node: nodes.Expr) -> list[nodes.Expr]:
    """Return a text with values in pieces, and any other node as it is."""
    if not (isinstance(node, nodes.Mod) and isinstance(node.left, nodes.Const)):
        return [node]
    assert isinstance(node.right, nodes.Dict)  # noqa: S101 - no template says such a thing itself
    values = {pair.key.as_const(): pair.value for pair in node.right.items}
    pieces: list[nodes.Expr] = []
    for place, piece in enumerate(VALUE.split(node.left.value)):
        is_value = place % 2
        pieces.append(values[piece] if is_value else nodes.Const(Markup(piece % {})))  # noqa: S704 - as above
    return pieces
