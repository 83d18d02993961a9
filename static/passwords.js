// Shows what was typed into a password field, and back; guesses the time zone where one is asked for.
(() => {
  const prepare = () => {
    for (const button of document.querySelectorAll("button[data-shows][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-shows]");
    if (!button) return;
    const field = document.getElementById(button.dataset.shows);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
  document.addEventListener("htmx:after:swap", prepare);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of document.querySelectorAll("[data-guess-time-zone] select")) {
    if ([...field.options].some((option) => option.value === here)) field.value = here;
  }
  prepare();
})();
