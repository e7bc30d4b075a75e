"""Images, histograms, tables and evaluations of a run."""

from __future__ import annotations

from typing import Any

from ..core.warnings import Warnings
from ..transport.background import Jobs
from ..transport.recorder import Recorder
from .evaluation import Evaluation, confusion, precision_recall, roc
from .guard import guarded
from .media import Media
from .metrics import Metrics
from .sites import caller


class MediaLog(Metrics):
    """The part of a run that they are logged to. `step` and `epoch` place them on the x axis, as those of metrics do."""

    def __init__(self, recorder: Recorder, warnings: Warnings) -> None:
        super().__init__(recorder.writer, warnings)
        self._recorder = recorder
        self._start_jobs()

    def _start_jobs(self) -> None:
        """Also in a forked child, which has none of its parent's threads."""
        self._jobs = Jobs(self.warnings)
        self._media = Media(self._recorder, self._jobs, self.warnings)

    @guarded
    def log_image(self, key: Any, image: Any, step: Any = None, epoch: Any = None, caption: Any = None) -> None:
        """Logs an image.

        image: the path of a file; an array, tensor or nested lists of shape (height, width) or with 1 to 4 channels first or
            last, from 0 to 1 or from 0 to 255; an image of Pillow or a figure of matplotlib. Arrays are copied.
        """
        self._media.image(caller(), key, image, self._axes(step, epoch), caption)

    @guarded
    def log_histogram(
        self, key: Any, values: Any = None, step: Any = None, epoch: Any = None, bins: Any = 64, counts: Any = None, edges: Any = None
    ) -> None:
        """Logs how often values are how large.

        values: numbers in any nesting, an array or a tensor; those that are not finite are only counted.
        bins: into how many bins of equal width they are sorted, at most 512.
        counts, edges: instead of `values`, what numpy.histogram returns: n counts between n + 1 edges.
        """
        self._media.histogram(caller(), key, values, self._axes(step, epoch), bins, counts, edges)

    @guarded
    def log_table(self, key: Any, rows: Any, columns: Any = None, step: Any = None, epoch: Any = None) -> None:
        """Logs a table, of which the first 10,000 rows and 500 columns are kept.

        rows: a list of rows, a list of dictionaries (one a row), a dictionary of columns, an array, or a data frame.
        columns: their names, where the rows have none.
        """
        self._media.table(caller(), key, rows, columns, self._axes(step, epoch))

    @guarded
    def log_confusion_matrix(
        self, key: Any, truth: Any = None, guesses: Any = None, labels: Any = None, step: Any = None, epoch: Any = None, matrix: Any = None
    ) -> None:
        """Logs a confusion matrix of at most 200 labels.

        truth, guesses: the true and the predicted label of each sample.
        labels: the labels' names, in order; of labels that are whole numbers they are the names by position.
        matrix: instead of `truth` and `guesses`, counts with a row per true label, as scikit-learn returns them.
        """
        self._evaluation(caller(), key, confusion(truth, guesses, labels, matrix), step, epoch)

    @guarded
    def log_roc_curve(self, key: Any, truth: Any, scores: Any, step: Any = None, epoch: Any = None) -> None:
        """Logs the ROC curve of a binary classifier.

        truth: 0 or 1 for each sample; both have to occur.
        scores: the higher, the surer the model was of 1.
        """
        self._evaluation(caller(), key, roc(truth, scores), step, epoch)

    @guarded
    def log_pr_curve(self, key: Any, truth: Any, scores: Any, step: Any = None, epoch: Any = None) -> None:
        """Logs precision over recall, of what `log_roc_curve` takes."""
        self._evaluation(caller(), key, precision_recall(truth, scores), step, epoch)

    def _evaluation(self, at: str, key: Any, found: Evaluation, step: Any, epoch: Any) -> None:
        self._media.table(at, key, found.rows, found.columns, self._axes(step, epoch), found.view)
