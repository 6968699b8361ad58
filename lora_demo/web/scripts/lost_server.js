() => {
  // The status turns red when the server is lost, and back once it answers. It is lost if several
  // requests in a row get no connection, or if one waits longer than any busy server needs. A slow
  // answer does not count as lost. The app answers in JSON, a proxy without the app does not.
  const address = `${window.gradio_config?.root ?? ''}/gradio_api/health`;
  const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
  const countMisses = async () => {
    const signal = AbortSignal.timeout(PATIENCE_SECONDS * 1000);
    try {
      const answer = await fetch(address, {cache: 'no-store', signal});
      return answer.headers.get('content-type')?.includes('json') ? 0 : 1;
    } catch (error) {
      return error.name === 'TimeoutError' ? MAX_MISSES : 1;
    }
  };
  const watch = async () => {
    let misses = 0;
    for (;;) {
      await pause(misses ? RETRY_SECONDS : ASK_SECONDS);
      if (document.visibilityState !== 'visible') continue;
      const missed = await countMisses();
      misses = missed ? misses + missed : 0;
      const isLost = misses >= MAX_MISSES;
      document.querySelector('.server')?.classList.toggle('lost', isLost);
    }
  };
  watch();
}
