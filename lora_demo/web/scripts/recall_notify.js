() => {
  // Return true if the visitor asked for notifications and the browser still allows them.
  const isWanted = localStorage.getItem('lora_demo_notify') === 'yes';
  return isWanted && 'Notification' in window && Notification.permission === 'granted';
}
