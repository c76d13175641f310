from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from comments.models import Comment


class CommentForm(forms.ModelForm):
    #: People do not see this field. What fills it in is no person.
    website = forms.CharField(required=False, label=_("Leave this field empty"))

    class Meta:
        model = Comment
        fields = ("name", "text")
        widgets = {"text": forms.Textarea(attrs={"rows": 6}), "name": forms.TextInput(attrs={"autocomplete": "name"})}

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError(_("Leave this field empty"))
        return ""
