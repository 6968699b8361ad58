() => {
  // Notify a visitor who asked for it when a run or an evaluation ends while the page is hidden.
  const KEY = 'lora_demo_notify';
  const ACTIVE = ['waiting', 'starting', 'running', 'stopping'];
  const before = new Map();
  const look = () => {
    for (const shown of document.querySelectorAll('.run[data-state]')) {
      const name = shown.querySelector('header b')?.textContent ?? '';
      const state = shown.dataset.state;
      const hasEnded = ACTIVE.includes(before.get(name)) && !ACTIVE.includes(state);
      before.set(name, state);
      const isAway = document.visibilityState !== 'visible';
      const isWanted = localStorage.getItem(KEY) === 'yes' && isAway;
      if (!hasEnded || !isWanted || Notification.permission !== 'granted') continue;
      new Notification(`${name}: ${shown.querySelector('header .state').textContent}`);
    }
  };
  new MutationObserver(look).observe(document.body, {
    childList: true, subtree: true, attributeFilter: ['data-state'],
  });
}
