// What neither HTML nor htmx does: errors get the focus, menus close, toasts leave.
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
  focusOnNews(document);
  letToastsLeave();
})();
