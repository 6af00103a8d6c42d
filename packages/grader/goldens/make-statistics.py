"""Makes statistics.json: what scikit-learn, scipy, statsmodels, krippendorff and numpy say. Run with a Python that has them."""

import json, warnings, numpy as np, scipy, sklearn, statsmodels, krippendorff, statsmodels.api as sm
from importlib.metadata import version
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.inter_rater import cohens_kappa
warnings.simplefilter('ignore')
rng=np.random.default_rng(20261122)
out={'versions':{n:version(n) for n in ['scikit-learn','scipy','statsmodels','krippendorff','numpy']}}
out['twoSidedP']=[[t,d,float(2*stats.t.sf(abs(t),d))] for t,d in [(0.3,1),(1.7,2),(2.0,5),(-2.5,9),(3.3,49),(6.1,53),(0.01,999),(12,30)]]
out['criticalT']=[[c,d,float(stats.t.ppf((1+c)/2,d))] for c,d in [(.95,1),(.95,2),(.95,9),(.95,49),(.99,53),(.9,999)]]
cl=[]
for sizes in [[10]*12,[3,1,5,2,7,4],[1]*20]:
    g=np.concatenate([[i]*s for i,s in enumerate(sizes)]); v=np.clip(np.round(6+rng.normal(0,1,len(sizes))[g]*1.5+rng.normal(0,1,len(g))),0,10)
    r=sm.OLS(v,np.ones(len(v))).fit(cov_type='cluster',cov_kwds={'groups':g,'use_correction':True})
    cl.append({'clusters':g.tolist(),'values':v.tolist(),'mean':float(r.params[0]),'standardError':float(r.bse[0])})
    # The logit interval: a fractional logit with an intercept alone, its standard error clustered, t with G - 1 degrees of freedom.
    f=sm.GLM(v/10,np.ones(len(v)),family=sm.families.Binomial()).fit(cov_type='cluster',cov_kwds={'groups':g,'use_correction':True})
    t=stats.t.ppf(.975,len(sizes)-1); ends=f.params[0]+np.array([-t,t])*f.bse[0]
    cl[-1]['within']=[float(x) for x in 10/(1+np.exp(-ends))]
out['clusteredMean']=cl
pc=[]
for n in [6,12,40]:
    a=np.round(6+rng.normal(0,1.2,n),1); b=np.round(a-0.4+rng.normal(0,1,n),1); d=a-b
    t=stats.ttest_rel(a,b); ci=t.confidence_interval(.95)
    p=stats.permutation_test((a,b),lambda x,y,axis: np.mean(x-y,axis=axis),permutation_type='samples',vectorized=True,n_resamples=np.inf if n<=12 else 200000,rng=np.random.default_rng(1))
    pc.append({'a':a.tolist(),'b':b.tolist(),'difference':float(d.mean()),'interval':[float(ci.low),float(ci.high)],'cohensD':float(d.mean()/d.std(ddof=1)),'effectSize':float((lambda r: (r[d>0].sum()-r[d<0].sum())/r[d!=0].sum())(np.where(d!=0,stats.rankdata(np.where(np.round(np.abs(d),9)>0,np.round(np.abs(d),9),np.inf)),0))),'tTestP':float(t.pvalue),'permutationP':float(p.pvalue),'exact':n<=12})
out['pairedComparison']=pc
# The whole permutation distribution by convolution of exact fractions, independent of the package's grid.
from fractions import Fraction
sf=[]
for n,unit in [(10,1),(24,1),(40,10),(50,10),(30,3)]:
    k=[int(x) for x in np.round(rng.normal(.6,1.2,n)*unit)]
    dist={0:Fraction(1)}
    for step in map(abs,k):
        new={}
        for sum_,q in dist.items():
            for to in (sum_+step,sum_-step): new[to]=new.get(to,0)+q/2
        dist=new
    sf.append({'differences':[x/unit for x in k],'p':float(sum(q for sum_,q in dist.items() if abs(sum_)>=abs(sum(k))))})
out['signFlip']=sf
out['holm']=[{'p':p,'corrected':multipletests(p,method='holm')[1].tolist()} for p in [[.01,.04,.03,.005],[.2],[.5,.9,.01,.01],[.06,.02,.02,.7,.001,.04]]]
ra=[]
for n,k in [(30,4),(200,11),(50,2)]:
    x=rng.integers(0,k,n); y=np.clip(x+rng.integers(-2,3,n),0,k-1)
    ra.append({'a':x.tolist(),'b':y.tolist(),
     'kappa':{w or 'none':float(cohen_kappa_score(x,y,weights=w)) for w in [None,'linear','quadratic']},
     'kappaOnScale':{w or 'none':float(cohen_kappa_score(x,y,weights=w,labels=list(range(k)))) for w in [None,'linear','quadratic']},
     'scale':list(range(k)),
     'alpha':{l:float(krippendorff.alpha(reliability_data=[x.tolist(),y.tolist()],level_of_measurement=l)) for l in ['nominal','ordinal','interval']},
     'spearman':float(stats.spearmanr(x,y).statistic)})
out['raters']=ra
m=rng.integers(1,6,(4,40)).astype(float); base=rng.integers(1,6,40); m=np.clip(base+rng.integers(-1,2,(4,40)),1,5).astype(float); m[rng.random((4,40))<.25]=np.nan
out['missing']={'ratings':[[None if np.isnan(v) else v for v in r] for r in m],'alpha':{l:float(krippendorff.alpha(reliability_data=m,level_of_measurement=l)) for l in ['nominal','ordinal','interval']}}
out['quantile']=[[sorted(v),q,float(np.quantile(v,q))] for v,q in [([1,2,4,8],.3),([5,1,9],.975),([2.5],.5),([1,1,2,3,5,8],.025)]]
print(json.dumps(out))
