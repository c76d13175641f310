// The button that saves a draft reads "Schedule" once a time of publishing is entered.

const button = document.querySelector("button[data-schedule]");
const inputs = [...document.querySelectorAll('input:is([name="publish_at"], [name="publish_at-time"])')];

if (button instanceof HTMLButtonElement && inputs.length) showLabel(button);

/** @param {HTMLButtonElement} button */
function showLabel(button) {
  const draft = button.textContent;
  const show = () => {
    const timed = inputs.some((input) => input instanceof HTMLInputElement && input.value.trim());
    button.textContent = timed ? (button.dataset.schedule ?? "") : draft;
  };
  button.form?.addEventListener("input", show);
  show();
}
