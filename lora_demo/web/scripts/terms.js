() => {
  // Show the explanation of a term on hover, on focus and on tap; Escape hides it.
  let shown = null;
  let shownTerm = null;
  const hide = () => {
    shown?.hidePopover();
    shown = shownTerm = null;
  };
  const place = (bubble, term) => {
    const at = term.getBoundingClientRect();
    const size = bubble.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left), innerWidth - size.width - 8);
    const isAbove = at.bottom + size.height + 6 > innerHeight && at.top > size.height + 6;
    bubble.style.left = `${left}px`;
    bubble.style.top = `${isAbove ? at.top - size.height - 6 : at.bottom + 6}px`;
  };
  const show = (term) => {
    const bubble = document.getElementById(term.getAttribute('aria-describedby'));
    if (!bubble || bubble === shown) return;
    hide();
    bubble.showPopover();
    place(bubble, term);
    shown = bubble;
    shownTerm = term;
  };
  const follow = () => {
    // A term that gets the focus is scrolled into view after its bubble is shown.
    if (!shown) return;
    const at = shownTerm.getBoundingClientRect();
    const isInView = at.height > 0 && at.bottom > 0 && at.top < innerHeight;
    if (isInView) place(shown, shownTerm);
    else hide();
  };
  const termOf = (event) => event.target.closest?.('.term');
  document.addEventListener('pointerover', (event) => {
    const term = termOf(event);
    if (term) show(term);
    // A bubble stays while the pointer is on it, and while its term has the focus.
    else if (!event.target.closest?.('.bubble') && !document.activeElement.matches('.term')) hide();
  });
  document.addEventListener('focusin', (event) => {
    const term = termOf(event);
    if (term) show(term);
    else hide();
  });
  document.addEventListener('focusout', (event) => { if (termOf(event)) hide(); });
  document.addEventListener('click', (event) => {
    const term = termOf(event);
    if (term) show(term);
    else if (!event.target.closest('.bubble')) hide();
  });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') hide(); });
  addEventListener('scroll', follow, {capture: true, passive: true});
}
