"""Frozen versions in the formats of the field, streamed."""

from apps.golden.exports.folder import export_parquet_folder
from apps.golden.exports.lines import export_jsonl, export_label_studio
from apps.golden.exports.rows import ExportRow, export_rows, rows_of

__all__ = ["ExportRow", "export_jsonl", "export_label_studio", "export_parquet_folder", "export_rows", "rows_of"]
