"""The arguments of the commands about languages."""

from argparse import ArgumentTypeError

from liveblog import languages


def language(text: str) -> str:
    """Return the code of a language tag. Raise ArgumentTypeError if it names no language."""
    try:
        return languages.code_of(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
