// Opens the browser's own way to print a page or to save it as a PDF; browsers without one show no button.
(() => {
  const print = document.getElementById("print");
  if (!window.print) return;
  print.hidden = false;
  print.addEventListener("click", () => window.print());
})();
