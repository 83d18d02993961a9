// What neither HTML nor htmx does: errors get the focus, menus close, toasts leave, forms are sent once.
// A choice that needs more to be said opens the place for it.
(() => {
  const focusOnNews = (root) => root.querySelector?.("[data-focus]")?.focus();
  const TOAST_MS = 8000;
  const letToastsLeave = () => {
    for (const toast of document.querySelectorAll("[data-toast]:not([data-leaving])")) {
      toast.dataset.leaving = "";
      setTimeout(() => toast.remove(), TOAST_MS);
    }
  };
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.portal-menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };
  document.addEventListener("htmx:after:swap", () => { focusOnNews(document); letToastsLeave(); });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.portal-menu")));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") closeMenus(null); });
  const PATIENCE_MS = 10000;
  const free = (form) => { delete form.dataset.sent; };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if ("sent" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "";
    setTimeout(free, PATIENCE_MS, form);
  }, true);
  document.addEventListener("htmx:finally:request", (event) => { if (event.target.matches?.("form")) free(event.target); });
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(free));
  const unreachable = document.getElementById("unreachable");
  document.addEventListener("htmx:error", () => { unreachable.hidden = false; });
  document.addEventListener("htmx:after:request", () => { unreachable.hidden = true; });
  document.addEventListener("change", (event) => {
    const more = document.querySelector(`details[data-opens-for="${CSS.escape(event.target.id)}"]`);
    if (more) more.open = event.target.value === more.dataset.opensAt;
  });
  const showCurrent = () => {
    for (const row of document.querySelectorAll("[data-shows-current]")) {
      const current = row.querySelector("[aria-current]");
      if (current) row.scrollLeft = current.offsetLeft - (row.clientWidth - current.clientWidth) / 2;
    }
  };
  showCurrent();
  addEventListener("resize", showCurrent);
  focusOnNews(document);
  letToastsLeave();
})();
