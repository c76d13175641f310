// The button that saves a draft says "Schedule" once there is a time to publish it at.

const button = document.querySelector("button[data-schedule]");
const inputs = [...document.querySelectorAll('input[name^="publish_at"]')];

if (button && inputs.length) {
  const draft = button.textContent;
  const show = () => {
    button.textContent = inputs.some((input) => input.value.trim()) ? button.dataset.schedule : draft;
  };
  // Django's calendar sets the value without an event, then gives the field the focus.
  for (const event of ["input", "change", "focusin", "focusout"]) button.form.addEventListener(event, show);
  show();
}
