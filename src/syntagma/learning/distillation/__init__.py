"""Distillation: what teachers say is computed once and kept; a student learns from it and from gold annotation."""

from syntagma.learning.distillation.filling import fill
from syntagma.learning.distillation.lessons import Course, Lesson, Targets, lost_share
from syntagma.learning.distillation.preparation import Preparation, label_axis
from syntagma.learning.distillation.store import TargetStore, sentence_key
from syntagma.learning.distillation.student import Student

__all__ = [
    "Course",
    "Lesson",
    "Preparation",
    "Student",
    "TargetStore",
    "Targets",
    "fill",
    "label_axis",
    "lost_share",
    "sentence_key",
]
