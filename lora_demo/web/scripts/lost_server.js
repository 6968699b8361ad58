() => {
  // The status turns red while the server does not answer, and back once it does.
  const address = `${window.gradio_config?.root ?? ''}/gradio_api/health`;
  const ask = async () => {
    if (document.visibilityState !== 'visible') return;
    let isLost = false;
    try {
      await fetch(address, {cache: 'no-store', signal: AbortSignal.timeout(SECONDS * 1000)});
    } catch {
      isLost = true;
    }
    document.querySelector('.server')?.classList.toggle('lost', isLost);
  };
  setInterval(ask, SECONDS * 1000);
}
