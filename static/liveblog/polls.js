// Polls: a vote is sent without leaving the page, and sent again it stays one vote.

const VOTER = "voter";

export class Polls {
  constructor(root) {
    root.addEventListener("submit", (event) => {
      if (!event.target.matches("form.poll")) return;
      event.preventDefault();
      this.vote(event.target);
    });
    this.show(root);
  }

  // Shows what this browser voted, in the polls of an element that has come to the page.
  show(element) {
    for (const form of element.querySelectorAll("form.poll")) {
      const choice = kept(`vote-${form.dataset.poll}`);
      if (choice === null) continue;
      const input = form.querySelector(`input[value="${CSS.escape(choice)}"]`);
      if (input && !form.querySelector("input:checked")) input.checked = true;
      if (!said(form).textContent) said(form).textContent = said(form).dataset.voted;
    }
  }

  async vote(form) {
    const button = form.querySelector("button");
    if (button.getAttribute("aria-disabled") === "true") return;
    // Not `disabled`, which would take the focus away.
    button.setAttribute("aria-disabled", "true");
    const data = new URLSearchParams(new FormData(form));
    data.set("voter", voter());
    let text = said(form).dataset.failed;
    try {
      const response = await fetch(form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
      if (response.headers.get("Content-Type")?.startsWith("application/json")) text = (await response.json()).said;
      if (response.ok) keep(`vote-${form.dataset.poll}`, data.get("choice"));
    } catch {
      // The network is away; the words say so.
    }
    // A correction of the poll may have brought a new form meanwhile.
    const present = document.querySelector(`form.poll[data-poll="${form.dataset.poll}"]`) ?? form;
    said(present).textContent = text;
    present.querySelector("button").removeAttribute("aria-disabled");
  }
}

const said = (form) => form.querySelector(".said");

// A random number of this browser, made when it votes for the first time and sent with votes only.
function voter() {
  const known = kept(VOTER);
  if (known) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  keep(VOTER, made);
  return made;
}

// A browser may keep nothing for us; then the cookie that comes with the answer has to do.

function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // It is not kept.
  }
}
