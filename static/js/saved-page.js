// The page of what is kept: drawn from the browser's own storage, with files and a link made of it; needs saved.js.
(() => {
  const { read, write, drop, keep, told } = window.disanSaved;
  const box = document.querySelector('.mine');
  const find = (name) => box.querySelector(`[data-${name}]`);
  const list = find('list');
  const template = box.querySelector('template');
  const [undo, share, status] = [find('undo'), find('share'), find('status')];
  let removed = null;

  const query = (items) => `?codes=${items.map((one) => encodeURIComponent(one.code)).join(',')}`;
  const address = (items) => new URL(`${find('link').pathname}${query(items)}`, location.href).href;

  const draw = () => {
    const items = read();
    list.replaceChildren(...items.map((one) => {
      const card = template.content.cloneNode(true);
      const link = card.querySelector('a');
      link.href = one.url;
      link.textContent = one.name;
      card.querySelector('p').textContent = one.code;
      const button = card.querySelector('button');
      button.setAttribute('aria-label', `${button.textContent}: ${one.name}`);
      button.addEventListener('click', () => {
        removed = { one, at: read().findIndex((had) => had.code === one.code) };
        drop(one.code);
        undo.textContent = undo.dataset.text.replace('{}', one.name);
        undo.hidden = false;
        undo.focus();
      });
      return card;
    }));
    find('count').textContent = items.length ? `(${items.length})` : '';
    find('empty').hidden = items.length > 0;
    find('more').hidden = !items.length;
    find('link').href = address(items);
    box.querySelectorAll('[data-file]').forEach((link) => {
      link.search = query(items);
    });
    document.querySelectorAll('[data-drop]').forEach((button) => {
      button.hidden = !items.some((one) => one.code === button.dataset.drop);
    });
  };

  undo.addEventListener('click', () => {
    const items = read();
    items.splice(removed.at, 0, removed.one);
    write(items);
    undo.hidden = true;
  });

  const save = (name, type, text) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const makers = {
    geojson: (items) => ['application/geo+json', JSON.stringify({
      type: 'FeatureCollection',
      features: items.map((one) => ({
        type: 'Feature',
        id: one.code,
        geometry: one.at && { type: 'Point', coordinates: one.at },
        properties: { code: one.code, name: one.name, kind: one.kind, url: new URL(one.url, location.href).href },
      })),
    })],
    txt: (items) => ['text/plain', [address(items), ...items.map((one) => [
      `${one.name} (${one.code})`,
      // What is known only roughly is nothing to navigate by.
      ...(one.at && one.isExact ? [`${one.at[1]}, ${one.at[0]}`] : []),
      new URL(one.url, location.href).href,
    ].join('\n'))].join('\n\n')],
  };
  box.querySelectorAll('[data-make]').forEach((button) => button.addEventListener('click', () => {
    save(`disan-saved.${button.dataset.make}`, ...makers[button.dataset.make](read()));
  }));

  share.hidden = !navigator.share && !navigator.clipboard;
  share.addEventListener('click', async () => {
    const url = address(read());
    try {
      if (navigator.share) await navigator.share({ title: document.title, url });
      else {
        await navigator.clipboard.writeText(url);
        status.textContent = share.dataset.done;
      }
    } catch {
      // Thought better of it; the link stands beside the button.
    }
  });

  const all = document.querySelector('[data-keep-all]');
  if (all) {
    all.hidden = false;
    all.addEventListener('click', () => {
      document.querySelectorAll('.carried [data-save]').forEach((button) => keep(told(button.dataset)));
    });
  }
  document.querySelectorAll('[data-drop]').forEach((button) => {
    button.addEventListener('click', () => drop(button.dataset.drop));
  });

  box.hidden = false;
  ['saved', 'storage'].forEach((name) => (name === 'saved' ? document : window).addEventListener(name, draw));
  draw();
})();
