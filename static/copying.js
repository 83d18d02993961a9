// Copies the value of a field; without JavaScript the button stays hidden, and the field can be selected.
(() => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
      const words = button.querySelector("[data-copied]");
      words.textContent = words.dataset.copied;
    });
  }
})();
