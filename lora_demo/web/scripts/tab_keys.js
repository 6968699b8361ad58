() => {
  // Arrow keys, Home and End move between tabs, as in the pattern of the W3C.
  document.addEventListener('keydown', (event) => {
    const tab = event.target.closest?.('[role=tab]');
    if (!tab || event.ctrlKey || event.altKey || event.metaKey) return;
    const tabs = [...tab.closest('[role=tablist]').querySelectorAll('[role=tab]')]
      .filter((each) => each.checkVisibility() && !each.disabled);
    const place = tabs.indexOf(tab);
    const places = {
      ArrowRight: (place + 1) % tabs.length,
      ArrowLeft: (place + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    tabs[places[event.key]].focus();
    tabs[places[event.key]].click();
  });
}
