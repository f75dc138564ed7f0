"""Pages about people and material."""

from django.urls import path

from .views import account, editing, history, material, members, names, respondents, restricted, studies

app_name = "interviews"
urlpatterns = [
    path("", studies.list_studies, name="studies"),
    path("new-study/", studies.create_study, name="new-study"),
    path("studies/<str:slug>/delete/", studies.delete_study, name="delete-study"),
    path("studies/<str:slug>/history/", history.list_history, name="history"),
    path("studies/<str:slug>/history/<int:event_id>/undo/", history.undo_change, name="undo-change"),
    path("studies/<str:slug>/export/history.csv", history.export_history, name="export-history"),
    path("studies/<str:slug>/members/", members.list_members, name="members"),
    path("studies/<str:slug>/invitations/", members.invite_member, name="invite-member"),
    path(
        "studies/<str:slug>/invitations/<int:invitation_id>/revoke/",
        members.revoke_invitation,
        name="revoke-invitation",
    ),
    path("studies/<str:slug>/members/<int:membership_id>/role/", members.change_role, name="change-role"),
    path(
        "studies/<str:slug>/members/<int:membership_id>/remove/", members.remove_member, name="remove-member"
    ),
    path("join/<str:secret>/", members.join_study, name="join"),
    path("studies/<str:slug>/import/", material.import_transcripts, name="import"),
    path("studies/<str:slug>/import/files/", material.upload_files, name="upload"),
    path("studies/<str:slug>/import/files/<int:upload_id>/", material.show_upload, name="upload-text"),
    path(
        "studies/<str:slug>/import/files/<int:upload_id>/turns/", material.assign_turns, name="upload-turns"
    ),
    path("studies/<str:slug>/names/", names.find_names, name="names"),
    path("studies/<str:slug>/names/key/", names.show_key, name="names-key"),
    path("studies/<str:slug>/names/key/passphrase/", names.set_passphrase, name="names-passphrase"),
    path("studies/<str:slug>/names/key/open/", names.open_key, name="open-names-key"),
    path("studies/<str:slug>/names/key/erase/", names.erase_entry, name="erase-name"),
    path("studies/<str:slug>/names/key/destroy/", names.destroy_key, name="destroy-names-key"),
    path("studies/<str:slug>/names/take-back/", names.take_back, name="take-names-back"),
    path("studies/<str:slug>/names/sealed/destroy/", names.destroy_sealed, name="destroy-sealed"),
    path("studies/<str:slug>/respondents/", respondents.list_respondents, name="respondents"),
    path("studies/<str:slug>/respondents/new/", respondents.create_respondent, name="new-respondent"),
    path("studies/<str:slug>/respondents/import/", respondents.import_respondents, name="import-respondents"),
    path("studies/<str:slug>/respondents/types/new/", respondents.create_type, name="new-respondent-type"),
    path(
        "studies/<str:slug>/respondents/attributes/new/", respondents.create_attribute, name="new-attribute"
    ),
    path("respondents/<int:respondent_id>/", respondents.edit_respondent, name="respondent"),
    path("respondents/<int:respondent_id>/remove/", respondents.remove_respondent, name="remove-respondent"),
    path(
        "respondents/<int:respondent_id>/restore/", respondents.restore_respondent, name="restore-respondent"
    ),
    path(
        "respondents/<int:respondent_id>/transcripts/",
        respondents.link_transcripts,
        name="respondent-transcripts",
    ),
    path("respondents/<int:respondent_id>/cell/", respondents.edit_cell, name="respondent-cell"),
    path("respondent-types/<int:type_id>/", respondents.edit_type, name="respondent-type"),
    path("attributes/<int:attribute_id>/", respondents.edit_attribute, name="attribute"),
    path("transcripts/<int:transcript_id>/speakers/", material.map_speakers, name="speakers"),
    path(
        "transcripts/<int:transcript_id>/turns/",
        material.assign_turns_of_transcript,
        name="transcript-turns",
    ),
    path("transcripts/<int:transcript_id>/edit/", editing.edit_text, name="edit-text"),
    path("transcripts/<int:transcript_id>/revisions/", editing.list_revisions, name="revisions"),
    path("transcripts/<int:transcript_id>/restricted/", restricted.list_passages, name="restricted"),
    path("restricted/<int:passage_id>/lift/", restricted.lift_passage, name="lift-restriction"),
    path("restricted/<int:passage_id>/settle/", restricted.settle_passage, name="settle-restriction"),
    path("transcripts/<int:transcript_id>/settings/", material.show_settings, name="transcript-settings"),
    path("transcripts/<int:transcript_id>/remove/", material.remove_transcript, name="remove-transcript"),
    path("transcripts/<int:transcript_id>/restore/", material.restore_transcript, name="restore-transcript"),
    path("transcripts/<int:transcript_id>/original/", material.download_original, name="original"),
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-in/<str:uid>/<str:token>/", account.follow_sign_in_link, name="sign-in-link"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("account/", account.show_account, name="account"),
    path("account/email/", account.change_email, name="change-email"),
    path("account/password/", account.change_password, name="change-password"),
    path("account/tokens/", account.create_token, name="create-token"),
    path("account/tokens/<int:token_id>/revoke/", account.revoke_token, name="revoke-token"),
    path("password/", account.reset_password, name="reset-password"),
    path("password/sent/", account.reset_password_sent, name="reset-password-sent"),
    path("password/<str:uidb64>/<str:token>/", account.choose_password, name="choose-password"),
]
