"""One frozen set of settings, read once from the environment, a file, and what is built in, in this order."""

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


class Settings(BaseSettings):
    """Every setting of the product. Each is also an environment variable: JIDOKA_ and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="JIDOKA_", frozen=True, extra="forbid")

    data_dir: Path = Field(Path("jidoka-data"), description="Folder for the embedded database, images and models.")
    database_url: str = Field("", description="SQLite or PostgreSQL address; empty for SQLite in data_dir.")
    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for every network card.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    max_image_mb: float = Field(64.0, gt=0, le=1024, description="Largest image taken in, in megabytes.")
    max_megapixels: float = Field(64.0, gt=0, le=1024, description="Most pixels of an image taken in, in millions.")
    predict_threads: int = Field(0, ge=0, le=256, description="Threads that run models; 0 for one per core.")
    runtime: Literal["openvino", "onnxruntime", "torch"] = Field(
        "openvino", description="What computes the models trained here; torch uses a GPU where there is one."
    )
    backbone: str = Field(
        "efficientnet-lite0", description="Pretrained network that models see with: this one, or a name of torchvision."
    )
    backbone_weights: Path | None = Field(
        None, description="File of the weights of a torchvision backbone; empty for torchvision's own download folder."
    )
    window_images: int = Field(20, ge=3, le=10_000, description="Images in one window of the brightness chart.")
    window_seconds: float = Field(60.0, gt=0, le=86_400, description="Longest time of one such window.")
    secure_cookies: bool = Field(False, description="Send cookies over HTTPS only; turn on behind a TLS proxy.")
    two_people: bool = Field(False, description="More freedom for an AI needs a second person's approval.")
    second_readings: float = Field(
        0.02, ge=0, le=1, description="Share of reviews before which comes a unit that another inspector has judged."
    )
    lock_minutes: float = Field(
        15.0, ge=0.5, le=720, description="Minutes without a touch after which a terminal locks itself."
    )
    log_format: Literal["text", "json"] = Field("text", description="Logs as lines of text, or of JSON.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="What is logged at least; info tells every request and image."
    )
    traces: bool = Field(
        False, description="Send a trace of every image by OpenTelemetry, to OTEL_EXPORTER_OTLP_ENDPOINT."
    )
    metrics_token: str = Field(
        "", repr=False, description="Token with which Prometheus reads /metrics; an engineer's token works too."
    )
    camera_token: str = Field("", repr=False, description="Token for the command 'jidoka camera'.")

    @property
    def database(self) -> str:
        """The address of the database to use."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'jidoka.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the command line says, then the environment, then the file."""
        file = Path(os.environ.get("JIDOKA_SETTINGS", "jidoka.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)


def read(**said: Any) -> Settings:
    """The settings, with what was said on the command line on top; None counts as not said."""
    return Settings(**{name: value for name, value in said.items() if value is not None})
