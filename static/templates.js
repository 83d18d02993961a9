// Puts placeholders in at the cursor, and shows the place of a mistake; both can be done by typing and counting.
(() => {
  const form = document.getElementById("template");
  const fields = { subject: form?.elements.subject, body: form?.elements.body };
  if (!fields.body) return;
  let last = fields.body;
  const insert = (text) => {
    last.setRangeText(text, last.selectionStart, last.selectionEnd, "end");
    last.focus();
    last.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const show = ({ goto, line, column }) => {
    const field = fields[goto];
    const lines = field.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + Number(column) - 1;
    field.focus();
    field.setSelectionRange(start, start + Math.max(1, (lines[line - 1] ?? "").length - column + 1));
  };
  for (const field of Object.values(fields)) field.addEventListener("focus", () => { last = field; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert], [data-goto]");
    if (button?.dataset.insert) insert(button.dataset.insert);
    else if (button) show(button.dataset);
  });
})();
