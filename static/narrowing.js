// A search field that narrows a long list of choices beside it; without JavaScript the list is just long.
(() => {
  const prepare = () => {
    for (const field of document.querySelectorAll("input[data-narrows][hidden]")) field.hidden = false;
  };
  document.addEventListener("input", (event) => {
    const list = document.getElementById(event.target.dataset?.narrows ?? "");
    if (!list) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const choice of list.children) choice.hidden = !choice.textContent.toLowerCase().includes(wanted);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("input[data-narrows]")) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", prepare);
  prepare();
})();
