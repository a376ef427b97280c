"""The JSON schema of `orthaudit.yaml`, which describes every key."""

from importlib.resources import files


def schema_text() -> str:
    """The JSON schema of `orthaudit.yaml` (draft 2020-12), as `orthaudit config schema` prints it."""
    return files("orthaudit.config").joinpath("config.schema.json").read_text(encoding="utf-8")
