"""Pages about people and material."""

from django.urls import path

from .views import account, material, members, respondents, studies

app_name = "interviews"
urlpatterns = [
    path("", studies.list_studies, name="studies"),
    path("studies/new/", studies.create_study, name="new-study"),
    path("studies/<str:slug>/delete/", studies.delete_study, name="delete-study"),
    path("studies/<str:slug>/history/", studies.list_history, name="history"),
    path("studies/<str:slug>/members/", members.list_members, name="members"),
    path("studies/<str:slug>/import/", material.import_transcripts, name="import"),
    path("studies/<str:slug>/respondents/", respondents.list_respondents, name="respondents"),
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("account/", account.show_account, name="account"),
]
