// Ctrl+K opens the switcher; typing finds, arrows choose, Enter goes, Esc closes.
(() => {
  const dialog = document.getElementById("switcher");
  if (!dialog) return;
  const field = dialog.querySelector("input[type=search]");
  const links = () => [...dialog.querySelectorAll("a")];
  const upToDate = () => dialog.querySelector("[data-found-for]")?.dataset.foundFor === field.value.trim();
  let goesWhenFound = false;
  const go = () => {
    goesWhenFound = !upToDate();
    if (!goesWhenFound) links()[0]?.click();
  };
  const open = () => {
    field.value = "";
    goesWhenFound = false;
    dialog.showModal();
    field.focus();
    field.dispatchEvent(new Event("opened"));
  };
  const move = (step) => {
    const stops = [field, ...links()];
    stops.at((stops.indexOf(document.activeElement) + step) % stops.length).focus();
  };
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) dialog.close(); else open();
  });
  document.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // the backdrop
    if (!event.target.closest("[data-opens-switcher]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const goes = event.key === "Enter" && event.target === field;
    if (step) move(step);
    if (goes) go();
    if (step || goes) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", () => { if (goesWhenFound) go(); });
})();
