"""Words in Chinese and English, side by side."""

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, model_validator

Language = Literal["zh", "en"]


class Text(BaseModel):
    """One wording in Chinese and English; a bare string in a plan stands for both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, value: Any) -> Any:
        return {"zh": value, "en": value} if isinstance(value, str) else value

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


class Words(NamedTuple):
    """A wording that the program itself carries."""

    zh: str
    en: str

    def text(self) -> Text:
        """The same as a :class:`Text`, as plans and pages use it."""
        return Text(zh=self.zh, en=self.en)
