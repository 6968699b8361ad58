// For js_on_load: the links to other languages keep the rest of the page's address.
for (const link of element.querySelectorAll('.languages a')) {
  const address = new URL(location.href);
  address.searchParams.set('lang', link.lang);
  link.href = address;
}
