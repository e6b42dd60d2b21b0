// The list that is kept on this phone, in the browser's own storage; nothing of it is sent anywhere.
(() => {
  if (window.disanSaved) return;
  const KEY = 'disan.saved';
  const isOurs = (one) => one && typeof one.code === 'string' && typeof one.name === 'string'
    && /^\/[^/\\]/.test(one.url);

  const read = () => {
    try {
      const list = JSON.parse(localStorage.getItem(KEY));
      return Array.isArray(list) ? list.filter(isOurs) : [];
    } catch {
      return [];
    }
  };

  // False where the browser keeps nothing: in some private windows, or when it is full.
  const write = (list) => {
    try {
      localStorage.setItem(KEY, JSON.stringify(list));
    } catch {
      return false;
    }
    document.dispatchEvent(new Event('saved'));
    return true;
  };

  const has = (code) => read().some((one) => one.code === code);
  const drop = (code) => write(read().filter((one) => one.code !== code));
  const keep = (one) => write([...read().filter((had) => had.code !== one.code), one]);

  const told = ({ save, kind, name, url, at, exact }) => ({
    code: save, kind, name, url, at: at ? at.split(',').map(Number) : null, isExact: exact !== undefined,
  });

  const buttons = [...document.querySelectorAll('[data-save]')];
  const show = () => buttons.forEach((button) => {
    const isKept = has(button.dataset.save);
    button.setAttribute('aria-pressed', isKept);
    button.parentNode.querySelector('a').hidden = !isKept;
  });

  buttons.forEach((button) => {
    button.parentNode.hidden = false;
    button.addEventListener('click', () => {
      const { save } = button.dataset;
      const status = button.parentNode.querySelector('[role]');
      status.textContent = (has(save) ? drop(save) : keep(told(button.dataset))) ? '' : status.dataset.failed;
    });
  });

  document.addEventListener('saved', show);
  // Another tab, or the way back to a page that was left.
  addEventListener('storage', show);
  addEventListener('pageshow', show);
  show();
  window.disanSaved = { read, write, drop, keep, told };
})();
