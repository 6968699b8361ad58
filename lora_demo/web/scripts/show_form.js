() => {
  // Scroll to the form that was just filled if it is out of sight, as on a narrow page.
  const form = [...document.querySelectorAll('.form-pane')].find((pane) => pane.offsetParent);
  const top = form?.getBoundingClientRect().top ?? 0;
  if (top < 0 || top > innerHeight / 2) form?.scrollIntoView({behavior: 'smooth'});
}
