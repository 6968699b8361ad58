(key) => {
  // Keep a visitor's key or make a new one that cannot be guessed.
  // The browser makes it, so it is there before any button can be pressed.
  const isValid = typeof key === 'string'
    && key.length >= MIN_KEY_LENGTH
    && key.length <= MAX_KEY_LENGTH;
  if (isValid) return key;
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return btoa(String.fromCharCode(...bytes));
}
