// Copies the code at a press, and looks again whether it was used when its person comes back to this page.
(() => {
  const code = document.getElementById("link-code");
  const copy = document.getElementById("copy");
  const copied = document.getElementById("copied");
  if (navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent.trim());
        copied.hidden = false;
      } catch {
        getSelection().selectAllChildren(code);
      }
    });
  }
  let left = false;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) left = true;
    else if (left) location.reload();
  });
})();
