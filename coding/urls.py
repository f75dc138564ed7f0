"""Pages about what was found: the study's overview, the workspace, the codebook, the query view."""

from django.urls import path

from .views import (
    codebook_files,
    codebook_page,
    coded_transcript,
    codes,
    cooccurrence,
    eyes,
    find,
    matrix,
    memos,
    pictures,
    query,
    quotes,
    recoding,
    retrieval,
    revisions,
    study,
    trash,
    workspace,
)

app_name = "coding"
urlpatterns = [
    path("studies/<str:slug>/", study.show_study, name="study"),
    path("studies/<str:slug>/codebook/", codebook_page.show_codebook, name="codebook"),
    path("studies/<str:slug>/codebook/pane/", codebook_page.show_pane, name="codebook-pane"),
    path("studies/<str:slug>/codebook/new/", codes.create_code, name="new-code"),
    path("studies/<str:slug>/codebook/acts/", codes.act_on_codes, name="codebook-acts"),
    path("studies/<str:slug>/codebook/passages/", recoding.show_passages, name="recoding"),
    path("studies/<str:slug>/codebook/as-of/", revisions.show_as_of, name="codebook-as-of"),
    path("codes/<int:code_id>/", codes.edit_code, name="code"),
    path("codes/<int:code_id>/revisions/", revisions.show_revisions, name="revisions-of-code"),
    path("studies/<str:slug>/codebook/import/", codebook_files.import_codebook, name="import-codebook"),
    *(
        path(
            f"studies/<str:slug>/export/codebook.{kind}",
            codebook_files.download_codebook,
            {"kind": kind},
            name=f"codebook-{kind}",
        )
        for kind in codebook_files.WRITERS
    ),
    path("studies/<str:slug>/query/", query.show_query, name="query"),
    path("studies/<str:slug>/query/quotes/", quotes.show_quotes, name="quotes"),
    path("studies/<str:slug>/query/voices/", quotes.show_voices, name="voices"),
    path("studies/<str:slug>/query/matrix/", matrix.show_matrix, name="matrix"),
    path("studies/<str:slug>/export/matrix.csv", matrix.export_matrix, name="export-matrix"),
    path("studies/<str:slug>/export/matrix.xlsx", matrix.export_matrix_xlsx, name="export-matrix-xlsx"),
    path("studies/<str:slug>/export/crosstab.svg", query.download_crosstab, name="crosstab-picture"),
    path("studies/<str:slug>/query/passages/", query.show_passages, name="passages"),
    path(
        "studies/<str:slug>/export/coded-segments.csv",
        query.export_coded_segments,
        name="export-coded-segments",
    ),
    path(
        "studies/<str:slug>/export/coded-segments.xlsx",
        query.export_coded_segments_xlsx,
        name="export-coded-segments-xlsx",
    ),
    path("studies/<str:slug>/export/crosstab.csv", query.export_crosstab, name="export-crosstab"),
    path("studies/<str:slug>/export/crosstab.xlsx", query.export_crosstab_xlsx, name="export-crosstab-xlsx"),
    path("studies/<str:slug>/trash/", trash.show_trash, name="trash"),
    path("transcripts/<int:transcript_id>/erase/", trash.erase_transcript, name="erase-transcript"),
    path("respondents/<int:respondent_id>/erase/", trash.erase_respondent, name="erase-respondent"),
    path("studies/<str:slug>/co-occurrence/", cooccurrence.show_cooccurrence, name="cooccurrence"),
    path(
        "studies/<str:slug>/export/co-occurrence.csv",
        cooccurrence.download_cooccurrence,
        name="export-cooccurrence",
    ),
    path("studies/<str:slug>/export/network.svg", cooccurrence.download_network, name="network"),
    path("studies/<str:slug>/retrieval/", retrieval.show_retrieval, name="retrieval"),
    path("studies/<str:slug>/retrieval/code/", retrieval.code_retrieved, name="code-retrieved"),
    path("studies/<str:slug>/find/", find.show_find, name="find"),
    path("studies/<str:slug>/find/code/", find.code_found, name="code-found"),
    path("studies/<str:slug>/find/undo/<int:event_id>/", find.undo_found, name="undo-found"),
    path("studies/<str:slug>/pictures/", pictures.show_pictures, name="pictures"),
    path("studies/<str:slug>/export/picture.svg", pictures.download_picture, name="picture"),
    path("studies/<str:slug>/memos/", memos.show_memos, name="memos"),
    path("memos/<int:memo_id>/", memos.show_memo, name="memo"),
    path("memos/<int:memo_id>/edit/", memos.edit_memo, name="edit-memo"),
    path("memos/<int:memo_id>/delete/", memos.delete_memo, name="delete-memo"),
    path("transcripts/<int:transcript_id>/memos/", memos.show_transcript_memos, name="transcript-memos"),
    path("transcripts/<int:transcript_id>/", workspace.show_transcript, name="transcript"),
    path(
        "transcripts/<int:transcript_id>/coded/",
        coded_transcript.show_coded_transcript,
        name="coded-transcript",
    ),
    path(
        "transcripts/<int:transcript_id>/coded.html",
        coded_transcript.download_html,
        name="coded-transcript-html",
    ),
    path(
        "transcripts/<int:transcript_id>/coded.docx",
        coded_transcript.download_docx,
        name="coded-transcript-docx",
    ),
    path("transcripts/<int:transcript_id>/needs-eyes/", eyes.list_passages, name="needs-eyes"),
    path(
        "transcripts/<int:transcript_id>/respondent/", workspace.show_respondent, name="transcript-respondent"
    ),
]
