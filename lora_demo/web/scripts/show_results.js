() => {
  // Scroll to new translations if the first one is out of sight, as on a phone.
  // A visitor who moves a slider of the options stays there.
  if (document.activeElement?.closest('.options')) return;
  setTimeout(() => {
    const results = document.querySelector('.results');
    const first = results?.querySelector('.cell .text')?.getBoundingClientRect();
    if (!first || (first.top >= 0 && first.top + 90 <= innerHeight)) return;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    results.scrollIntoView({behavior: isStill ? 'auto' : 'smooth'});
  }, 100);
}
