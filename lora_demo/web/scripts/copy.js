// For js_on_load: a button with data-copy copies that text; with data-link, the page's address with
// that query.
element.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy], [data-link]');
  if (!button) return;
  const { copy, link } = button.dataset;
  const text = link ? new URL(link, location.href).href : copy;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain http, browsers allow only this older way.
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  button.textContent = _('Copied');
  setTimeout(() => { button.textContent = label; }, 1200);
});
