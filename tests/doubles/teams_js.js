// Stands for Microsoft's script where npm has not fetched it: the three calls that the pop-up makes of it.
(() => {
  const waiting = new Map();
  let next = 0, host = "*";
  const ask = (func, args) =>
    new Promise((resolve, reject) => {
      if (!window.opener) return reject(new Error("no parent window"));
      waiting.set(++next, resolve);
      window.opener.postMessage({ id: next, func, args }, host);
    });
  window.addEventListener("message", ({ data, origin, source }) => {
    if (source !== window.opener || !/^https:\/\/teams\.(cloud\.microsoft|microsoft\.com)$/.test(origin)) return;
    host = origin;
    waiting.get(data.id)?.(data.args);
  });
  window.microsoftTeams = {
    app: {
      initialize: () => ask("initialize", []),
      getContext: async () => {
        const [context] = await ask("getContext", []);
        return { user: { id: context.userObjectId, tenant: { id: context.tid } } };
      },
    },
    authentication: {
      notifySuccess: (code) => {
        ask("authentication.authenticate.success", [code]);
        setTimeout(() => window.close(), 200);
      },
    },
  };
})();
