// For js_on_load: a link to another language keeps the rest of the page's address.
element.addEventListener('click', (event) => {
  const link = event.target.closest('.languages a');
  if (!link) return;
  event.preventDefault();
  const address = new URL(location.href);
  address.searchParams.set('lang', link.lang);
  location.assign(address);
});
